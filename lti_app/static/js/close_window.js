// Tells the LMS that the registration is over (LTI dynamic registration 1.0); the LMS closes the frame or window.

const button = document.getElementById("close");
const byHand = document.getElementById("close-by-hand");
const lms = window.opener ?? (window.parent === window ? null : window.parent);

if (lms) {
  button.hidden = false;
  byHand.hidden = true;
  button.addEventListener("click", () => {
    // To any origin, as the specification has it: there is nothing in the message, and the LMS's page may be anywhere.
    lms.postMessage({ subject: "org.imsglobal.lti.close" }, "*");
    byHand.hidden = false;
  });
}
