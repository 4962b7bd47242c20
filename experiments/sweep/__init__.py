"""Many runs at once, on one machine or several, that outlive whatever stops them."""
