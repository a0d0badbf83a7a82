"""A folder a page: its layout and its callbacks. Dash runs these modules anew for every app."""
