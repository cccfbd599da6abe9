"""One person at the desk: what everybody there may see, and the parts that need a right or a motive."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking.queries import in_service
from desk.forms.counter import DuesForm, FamilyForm, MotiveForm, PickUpForm, SeasonMixin, guardian_values
from desk.lock import at_desk
from desk.papers_form import PapersForm, WithdrawalForm
from desk.queries import counter as reads
from members import cards
from members import services as people
from members.models import Channel, Household, Membership, PickUpPerson, Purpose, User
from members.queries import account_of, guardians_of, latest_texts, live_card, standings
from members.services import households
from members.services.welcome import join_season, sign_all
from place.clock import today
from place.drawing import qr
from place.form_errors import add_errors

MOTIVE_SECONDS = 15 * 60
FRESH_CARD = "fresh_card"  # shown once to who made it


def _person(pk: int) -> User:
    return get_object_or_404(User.objects.select_related("household"), pk=pk, is_active=True)


@at_desk()
@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a person: age, agreements yes or no, levels, what is booked; and where to go on."""
    person = _person(pk)
    households.note_if_superuser(actor=request.user, person=person)
    context = {"file": reads.file_of(person, timezone.now()), "person": person, "machines": list(in_service())}
    return render(request, "desk/counter/person.html", context)


@at_desk("members.view_emergency_phones")
@require_POST
def phones(request: HttpRequest, pk: int) -> HttpResponse:
    """Show whom to call for a person; each look is a line in the log."""
    person = _person(pk)
    households.note_looked_up(actor=request.user, person=person, what="phones")
    return render(request, "desk/counter/phones.html", {"person": person, "family": reads.family_of(person)})


def asks_motive(request: HttpRequest, person: User) -> HttpResponse | None:
    """The director and the administrator say why before they see a household's file; it is written down."""
    if not request.user.has_perm("members.give_motive"):
        return None
    given = request.session.get("motives", {}).get(str(person.pk), 0)
    if timezone.now().timestamp() - given < MOTIVE_SECONDS:
        return None
    form = MotiveForm(request.POST if "motive" in request.POST else None)
    if form.is_valid():
        motive = form.cleaned_data["motive"]
        households.note_looked_up(actor=request.user, person=person, what="household", motive=motive)
        motives = {str(person.pk): timezone.now().timestamp()}
        request.session["motives"] = request.session.get("motives", {}) | motives
        return redirect(request.path)
    return render(request, "desk/counter/motive.html", {"form": form, "person": person})


@at_desk("members.manage_papers")
@require_http_methods(["GET", "HEAD", "POST"])
def family(request: HttpRequest, pk: int) -> HttpResponse:
    """The household, its one or two parents and who may fetch: one screen."""
    person = _person(pk)
    if asked := asks_motive(request, person):
        return asked
    form = _family_form(request, person)
    if request.method == "POST" and form.is_valid():
        try:
            _save_family(request, person, form)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("desk:papers_of", pk=pk)
    if request.method != "POST" and person.household_id:
        households.note_looked_up(actor=request.user, person=person, what="household")
    context = {"person": person, "form": form, "family": reads.family_of(person), "pick_up": PickUpForm()}
    return render(request, "desk/counter/family.html", context, status=422 if form.errors else 200)


def _family_form(request: HttpRequest, person: User) -> FamilyForm:
    household = person.household
    initial: dict[str, Any] = {"name": person.last_name, "priority_neighbourhood": person.priority_neighbourhood}
    if household:
        names = ("name", "priority_neighbourhood", "family_quotient_band")
        initial = {name: getattr(household, name) for name in names}
        initial |= guardian_values(household)
    form = FamilyForm(request.POST or None, initial=initial)
    if not request.user.has_perm("members.manage_dues"):
        del form.fields["family_quotient_band"]
    return form


@transaction.atomic
def _save_family(request: HttpRequest, person: User, form: FamilyForm) -> None:
    names = ("name", "priority_neighbourhood", "family_quotient_band")
    fields = {name: form.cleaned_data[name] for name in names if name in form.cleaned_data}
    household = households.save_household(actor=request.user, household=person.household or Household(), **fields)
    if person.household_id is None:
        households.place_in_household(actor=request.user, person=person, household=household)
    adults = form.adults()
    for guardian in guardians_of(person):
        if guardian.position not in adults:
            households.remove_guardian(actor=request.user, guardian=guardian)
    for position, adult in adults.items():
        households.save_guardian(
            actor=request.user,
            household=household,
            position=position,
            first_name=adult.first_name,
            last_name=adult.last_name,
            phone=adult.phone,
            email=adult.email,
            account=form.cleaned_data[f"g{position}_account"],
        )


@at_desk("members.manage_papers")
@require_POST
def add_pick_up(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(pk)
    form = PickUpForm(request.POST)
    if person.household and form.is_valid():
        households.let_fetch(actor=request.user, household=person.household, **form.cleaned_data)
        messages.success(request, _("Saved."))
    return redirect("desk:family", pk=pk)


@at_desk("members.manage_papers")
@require_POST
def remove_pick_up(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    person = _person(pk)
    gone = get_object_or_404(PickUpPerson, pk=other, household=person.household_id or 0)
    households.no_longer_fetches(actor=request.user, person=gone)
    return redirect("desk:family", pk=pk)


@at_desk("members.manage_papers")
@require_http_methods(["GET", "HEAD", "POST"])
def papers(request: HttpRequest, pk: int) -> HttpResponse:
    """Every agreement and the charter on one screen: what holds, boxes for what is signed now, withdrawal."""
    person = _person(pk)
    if asked := asks_motive(request, person):
        return asked
    guardians = guardians_of(person)
    form = PapersForm(request.POST or None, guardians=len(guardians), initial={"signed_on": today()})
    if request.method == "POST" and form.is_valid():
        try:
            _sign(request, person, form)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Noted."))
            return redirect("desk:papers_of", pk=pk)
    held = standings(person, today())
    lines = [{"line": line, "standing": held[line.purpose]} for line in form.lines]
    context = {"person": person, "form": form, "lines": lines, "guardians": guardians, "texts": latest_texts("fr")}
    return render(request, "desk/counter/papers.html", context, status=422 if form.errors else 200)


def _sign(request: HttpRequest, person: User, form: PapersForm) -> None:
    data = form.cleaned_data
    signatures = form.signatures()
    if not signatures:
        raise ValidationError(_("Tick at least one box."))
    sign_all(
        actor=request.user,
        person=person,
        signatures=signatures,
        on=data["signed_on"],
        channel=data["channel"],
    )


@at_desk("members.manage_papers")
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, pk: int, purpose: str) -> HttpResponse:
    """Take an agreement back for a parent or for the person, at the desk or by telephone: it acts at once."""
    person = _person(pk)
    if purpose not in Purpose.values:
        raise Http404
    if asked := asks_motive(request, person):
        return asked
    form = WithdrawalForm(request.POST or None, purpose=purpose, guardians=guardians_of(person))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        people.withdraw(
            actor=request.user,
            person=person,
            purpose=purpose,
            guardian=data["who"],
            reason=data["reason"],
            channel=data["channel"],
        )
        messages.success(request, _("It is withdrawn. What depended on it has stopped."))
        return redirect("desk:papers_of", pk=pk)
    context = {"person": person, "form": form, "purpose": form.purpose}
    return render(request, "desk/counter/withdraw.html", context, status=422 if form.errors else 200)


@at_desk("members.manage_members")
@require_http_methods(["GET", "HEAD", "POST"])
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """Make, print again, end or open the card of a person. What is printed is on this page and nowhere else."""
    person = _person(pk)
    acts = {"issue": _issue, "revoke": _revoke, "unlock": _unlock}
    act = next((acts[name] for name in acts if name in request.POST), None)
    if act:
        act(request, person)
        return redirect("desk:card", pk=pk)
    held = live_card(person)
    shown = held is not None and ("print" in request.POST or request.session.pop(FRESH_CARD, None) == held.pk)
    if shown:
        people.print_card_again(actor=request.user, card=held)
    return render(request, "desk/counter/card.html", _card_context(request, person, held, shown))


def _card_context(request: HttpRequest, person: User, held: Any, shown: bool) -> dict[str, Any]:
    context = {"person": person, "card": held, "shown": shown, "locked": held and held.failures >= cards.MOST_FAILURES}
    if shown:
        url = request.build_absolute_uri(reverse("desk:card_sign_in", args=[cards.qr_token(held.nonce)]))
        context |= {"code": cards.code(held.nonce), "qr": qr(url), "site": request.get_host()}
    return context


def _issue(request: HttpRequest, person: User) -> None:
    request.session[FRESH_CARD] = people.issue_card(actor=request.user, person=person).pk
    messages.success(request, _("The card is ready to print."))


def _revoke(request: HttpRequest, person: User) -> None:
    people.revoke_card(actor=request.user, person=person)
    messages.success(request, _("The card no longer works."))


def _unlock(request: HttpRequest, person: User) -> None:
    held = live_card(person)
    if held:
        people.unlock_card(actor=request.user, card=held)
        messages.success(request, _("The card works again."))


@at_desk("members.manage_dues")
@require_http_methods(["GET", "HEAD", "POST"])
def membership(request: HttpRequest, pk: int) -> HttpResponse:
    """Memberships and the ledger of what is due, paid, covered and by whom."""
    person = _person(pk)
    if asked := asks_motive(request, person):
        return asked
    season = SeasonMixin(request.POST if "enrol" in request.POST else None)
    dues = DuesForm(request.POST if "dues" in request.POST else None, initial={"on": today(), "kind": "paid"})
    form = next((form for form in (season, dues) if form.is_bound), None)
    if form is not None and form.is_valid():
        try:
            _keep(request, person, season, dues)
        except ValidationError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("desk:membership", pk=pk)
    rows = Membership.objects.filter(person=person).prefetch_related("dues").order_by("-season", "-pk")[:5]
    ledger = [{"membership": one, "account": account_of(one)} for one in rows]
    context = {"person": person, "season": season, "dues": dues, "ledger": ledger}
    return render(request, "desk/counter/membership.html", context, status=422 if form and form.errors else 200)


def _keep(request: HttpRequest, person: User, season: SeasonMixin, dues: DuesForm) -> None:
    actor: User = request.user
    if season.is_bound:
        wanted = season.season()
        if wanted is None:
            raise ValidationError({"kind": _("Choose a kind of membership.")})
        join_season(actor=actor, person=person, season=wanted, channel=Channel.DESK)
        return
    latest = Membership.objects.filter(person=person).order_by("-season", "-pk").first()
    if latest is None:
        raise ValidationError(_("There is no membership yet."))
    people.add_dues(actor=actor, membership=latest, **dues.cleaned_data)


@at_desk("members.manage_dues")
@require_POST
def change_membership(request: HttpRequest, pk: int, membership: int) -> HttpResponse:
    """Accept a membership that was asked for, or end one today."""
    row = get_object_or_404(Membership, pk=membership, person=pk)
    act = people.accept_membership if "accept" in request.POST else people.resign
    try:
        act(actor=request.user, membership=row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("desk:membership", pk=pk)
