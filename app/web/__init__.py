"""The web around the core: routes, pages and headers. No arithmetic on the domain happens here."""
