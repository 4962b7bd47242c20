"""Questions of the article, answered by the fitted ensemble: the study `questions`."""
