// Sends the form that carries a login or an id_token on; the button is there for whoever has no scripts.
document.querySelector("form[data-submit-now]")?.submit();
