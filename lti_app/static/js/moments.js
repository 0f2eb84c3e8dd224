// Shows moments in the reader's own time zone and language; without this script they stand there in UTC.

const STYLES = {
  "day-time": { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  day: { weekday: "short", day: "numeric", month: "short" },
  time: { hour: "numeric", minute: "2-digit" },
};

export function sayMoment(moment, style) {
  const options = { ...STYLES[style] };
  if (style !== "time" && moment.getFullYear() !== new Date().getFullYear()) options.year = "numeric";
  return moment.toLocaleString(document.documentElement.lang || undefined, options);
}

export function showMoments(root) {
  for (const element of root.querySelectorAll("time[data-style]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    element.textContent = sayMoment(moment, element.dataset.style);
    element.title = moment.toLocaleString(document.documentElement.lang || undefined, {
      dateStyle: "full",
      timeStyle: "long",
    });
  }
}

showMoments(document);
