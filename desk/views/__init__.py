"""Screens of the wall board, of one's own account and of the front desk."""
