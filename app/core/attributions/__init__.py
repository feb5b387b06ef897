"""Why a class wins, and what a unit looks for."""
