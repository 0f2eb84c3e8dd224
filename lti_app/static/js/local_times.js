// Times in a form are typed and shown in the reader's own time zone; without this script, in UTC.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const field = document.getElementById("time_zone");

function asTyped(moment) {
  const two = (number) => String(number).padStart(2, "0");
  return (
    `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}` +
    `T${two(moment.getHours())}:${two(moment.getMinutes())}`
  );
}

if (field && zone && field.value === "UTC" && zone !== "UTC") {
  for (const input of document.querySelectorAll("input[type=datetime-local]")) {
    if (input.value) input.value = asTyped(new Date(`${input.value}Z`));
  }
  field.value = zone;
  document.getElementById("zone").textContent = zone;
}
