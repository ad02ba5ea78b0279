"""Many runs of one scenario with some of its keys varied: what is asked, how runs are shared out, how they are kept."""
