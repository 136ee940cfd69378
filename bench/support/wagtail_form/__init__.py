"""An application of Django with one form page of Wagtail's, for bench/cms.py."""
