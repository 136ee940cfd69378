"""The staff's pages in the browser: who is signed in, what they may do, what they kept."""
