"""Every limit of the contract, at its edge and one step beyond."""
