// Leads to the list of what is wrong in a form, so that it is heard and seen first.

document.getElementById("wrong-fields").focus();
