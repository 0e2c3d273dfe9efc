"""How good an estimate is: audit, known truth, variants, ensemble, the paper beside the run."""
