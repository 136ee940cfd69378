"""A form page as Wagtail's manual makes one."""

from django.db import models
from modelcluster.fields import ParentalKey
from wagtail.contrib.forms.models import AbstractForm, AbstractFormField


class FormField(AbstractFormField):  # type: ignore[misc]
    page = ParentalKey("FormPage", on_delete=models.CASCADE, related_name="form_fields")


class FormPage(AbstractForm):  # type: ignore[misc]
    template = "form.html"
    landing_page_template = "landing.html"
