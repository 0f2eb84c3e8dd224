// What the platform says to a tool's frame (LTI client side postMessages): always to the asking origin alone.

export function isMessage(event, prefix) {
  const data = event.data;
  return Boolean(event.source) && data !== null && typeof data === "object" && String(data.subject).startsWith(prefix);
}

export function answer(event, fields) {
  event.source.postMessage(
    { subject: `${event.data.subject}.response`, message_id: event.data.message_id, ...fields },
    event.origin,
  );
}

export function refuse(event, code, message) {
  answer(event, { error: { code, message } });
}
