"""The market behind the page: the run and its twin, interventions, and what is sent of them."""
