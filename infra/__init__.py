"""What puts Relais on AWS, or on an AWS that runs on this machine."""
