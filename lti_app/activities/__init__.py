"""Activity types, one folder each; `lti_app.catalog` lists them."""
