"""Monte Carlo ensemble of the whole chain: what is drawn, one member, the summary of all."""
