"""What the run predicts of data that it is not told: CO2 totals and values added left out, extra observations kept apart."""
