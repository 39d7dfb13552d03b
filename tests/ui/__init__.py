"""The screens, driven as a helper drives them."""
