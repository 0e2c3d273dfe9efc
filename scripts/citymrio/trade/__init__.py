"""Trade between regions: doubly constrained flows, reference measures, calibrated priors."""
