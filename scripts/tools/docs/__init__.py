"""The generated parts of the documents: endpoints, errors, settings, variables.

A page marks the place, and what stands between the marks is replaced:

    <!-- generated: GET /connect/status -->
    …
    <!-- end -->

    endpoints   one request and one answer of each route, and the table of errors, from the OpenAPI documents
    settings    the table of `public.settings`, from the SQL that makes it
    variables   the tables of environment variables, from what the deployments read
    pages       replaces the parts of a page
"""
