"""What operators ask: is it alive, is it ready, how much is going on."""
