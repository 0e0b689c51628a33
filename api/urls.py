"""Every address of the API, below /api/v1/."""

from django.urls import path, re_path

from api import converters  # noqa: F401 - registers the kinds of code that addresses hold
from api.views import (
    accounts,
    assets,
    cases,
    deals,
    description,
    grants,
    held_deals,
    likenesses,
    market,
    requests,
    stripe,
    titles,
    verification,
)

app_name = "api"
urlpatterns = [
    path("organisations/", accounts.Organisations.as_view(), name="organisations"),
    path("me/", accounts.MeView.as_view(), name="me"),
    path("members/", accounts.Members.as_view(), name="members"),
    path("keys/", accounts.Keys.as_view(), name="keys"),
    path("keys/<slug:prefix>/", accounts.KeyView.as_view(), name="key"),
    path("titles/", titles.Titles.as_view(), name="titles"),
    path("titles/batch/", titles.TitleBatch.as_view(), name="titles-batch"),
    path("titles/<code:code>/", titles.TitleView.as_view(), name="title"),
    path("titles/<code:code>/assets/", assets.TitleAssets.as_view(), name="title-assets"),
    path("titles/<code:code>/holdings/", titles.Holdings.as_view(), name="holdings"),
    path("titles/<code:code>/restrictions/", titles.Restrictions.as_view(), name="restrictions"),
    path(
        "holdings/<code:code>/supersede/",
        titles.SupersedeHolding.as_view(),
        name="holding-supersede",
    ),
    path(
        "restrictions/<code:code>/supersede/",
        titles.SupersedeRestriction.as_view(),
        name="restriction-supersede",
    ),
    path("assets/<asset_code:code>/", assets.AssetView.as_view(), name="asset"),
    path("assets/<asset_code:code>/poster", assets.Poster.as_view(), name="asset-poster"),
    path("assets/<asset_code:code>/preview", assets.Preview.as_view(), name="asset-preview"),
    path("performers/", likenesses.Performers.as_view(), name="performers"),
    path("likenesses/", likenesses.Likenesses.as_view(), name="likenesses"),
    path("likenesses/<code:code>/", likenesses.LikenessView.as_view(), name="likeness"),
    path("likenesses/<code:code>/assets/", assets.LikenessAssets.as_view(), name="likeness-assets"),
    path("likenesses/<code:code>/consents/", likenesses.Consents.as_view(), name="consents"),
    path(
        "consents/<code:code>/withdraw/",
        likenesses.WithdrawConsent.as_view(),
        name="consent-withdraw",
    ),
    path("offers/", market.Offers.as_view(), name="offers"),
    path("offers/<code:code>/withdraw/", market.WithdrawOffer.as_view(), name="offer-withdraw"),
    path("market/", market.Market.as_view(), name="market"),
    path("market/<code:code>/", market.OfferedFiles.as_view(), name="offered"),
    path("requests/", requests.Requests.as_view(), name="requests"),
    path("requests/<code:code>/", requests.RequestView.as_view(), name="request"),
    path("requests/<code:code>/assets/", requests.RequestAssets.as_view(), name="request-assets"),
    path(
        "requests/<code:code>/assets/<asset_code:asset>/",
        requests.RequestAsset.as_view(),
        name="request-asset",
    ),
    path("requests/<code:code>/submit/", requests.SubmitRequest.as_view(), name="request-submit"),
    path(
        "requests/<code:code>/withdraw/",
        requests.WithdrawRequest.as_view(),
        name="request-withdraw",
    ),
    path("deals/", deals.Deals.as_view(), name="deals"),
    path("deals/<code:code>/", deals.DealView.as_view(), name="deal"),
    path("deals/<code:code>/approve/", deals.ApproveDeal.as_view(), name="deal-approve"),
    path("deals/<code:code>/decline/", deals.DeclineDeal.as_view(), name="deal-decline"),
    path(
        "deals/<code:code>/bank-transfer/", deals.BankTransfer.as_view(), name="deal-bank-transfer"
    ),
    path("deals/<code:code>/pay/", deals.PayDeal.as_view(), name="deal-pay"),
    path("deals/<code:code>/pay/cancel/", deals.CancelPayment.as_view(), name="deal-pay-cancel"),
    path("deals/<code:code>/withdraw/", deals.WithdrawDeal.as_view(), name="deal-withdraw"),
    path("deals/<code:code>/retry/", deals.RetryDeal.as_view(), name="deal-retry"),
    path("deals/<code:code>/confirm/", held_deals.ConfirmDeal.as_view(), name="deal-confirm"),
    path("deals/<code:code>/cancel/", held_deals.CancelDeal.as_view(), name="deal-cancel"),
    path(
        "deals/<code:code>/cancel/agree/",
        held_deals.AgreeToCancel.as_view(),
        name="deal-cancel-agree",
    ),
    path(
        "deals/<code:code>/cancel/alone/",
        held_deals.CancelAlone.as_view(),
        name="deal-cancel-alone",
    ),
    path(
        "deals/<code:code>/bank-refund/", held_deals.BankRefund.as_view(), name="deal-bank-refund"
    ),
    path("deals/<code:code>/agreement.pdf", deals.AgreementPdf.as_view(), name="agreement-pdf"),
    path(
        "deals/<code:code>/agreement.jsonld", deals.AgreementOdrl.as_view(), name="agreement-odrl"
    ),
    path("grants/", grants.Grants.as_view(), name="grants"),
    path("grants/<code:code>/", grants.GrantView.as_view(), name="grant"),
    path("grants/<code:code>/revoke/", grants.RevokeGrant.as_view(), name="grant-revoke"),
    path("grants/<code:code>/credentials/", grants.Credentials.as_view(), name="credentials"),
    path("credentials/<code:code>/deliveries/", grants.Deliveries.as_view(), name="deliveries"),
    path("cases/", cases.Cases.as_view(), name="cases"),
    path("cases/<code:code>/", cases.CaseView.as_view(), name="case"),
    path("cases/<code:code>/close/", cases.CloseCase.as_view(), name="case-close"),
    path("cases/<code:code>/openings/", cases.CaseOpenings.as_view(), name="case-openings"),
    path("stripe/webhook/", stripe.Webhook.as_view(), name="stripe-webhook"),
    path("verify/", verification.Verify.as_view(), name="verify"),
    path("status/<code:code>/", verification.Status.as_view(), name="status"),
    path("trust-anchors.pem", verification.TrustAnchors.as_view(), name="trust-anchors"),
    path("codes/<any_code:code>/", verification.Code.as_view(), name="code"),
    path("schema/", description.Schema.as_view(), name="schema"),
    path("docs/", description.Docs.as_view(), name="docs"),
    re_path("", description.NowhereElse.as_view()),
]
