"""Demonstration data: invented people around a chosen day, the same for the same day (docs/contract.md §7)."""
