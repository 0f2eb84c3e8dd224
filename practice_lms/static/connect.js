// Ends a registration when the tool says that it is done (org.imsglobal.lti.close), in the frame or in its window.
const page = document.querySelector("[data-registration]");

window.addEventListener("message", (event) => {
  if (event.origin !== page.dataset.registration || event.data?.subject !== "org.imsglobal.lti.close") {
    return;
  }
  if (event.source !== page.querySelector("iframe").contentWindow) {
    event.source.close();
  }
  window.location.assign(page.dataset.done);
});
