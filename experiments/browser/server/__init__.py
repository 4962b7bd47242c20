"""The server of the page: who is let in, what is served, and the widget in the browser."""
