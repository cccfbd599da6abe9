from django.urls import path

from machines import views

app_name = "machines"
urlpatterns = [path("compte/", views.account, name="account")]
