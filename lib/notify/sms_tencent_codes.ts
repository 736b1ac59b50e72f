/**
 * What the codes of Tencent Cloud's SMS service mean for us (cloud.tencent.com/document/api/382/52075 and
 * 382/59177).
 */
import type { Refusal } from "./channel.ts";
import { codeTable, shownCode } from "./code_table.ts";
import { refusing } from "./refusal.ts";

const KEY =
  "compare secret_id and secret_key in server.toml with the API keys in Tencent Cloud's " +
  "console";
const APP =
  "compare sdk_app_id in server.toml with the application in Tencent Cloud's SMS console; " +
  "it must be of the same account as secret_id";
const SIGN = "compare sign_name in server.toml with an approved signature in Tencent Cloud's SMS " +
  "console";
const TEMPLATE = "compare the templates in server.toml with approved ones in Tencent Cloud's SMS " +
  "console";
const VARIABLES = "compare pin_variables, request_variables and alert_variables in server.toml " +
  "with the variables of the templates, by number and order; an address must be in the template " +
  "itself";
const ACCOUNT =
  "look at the account in Tencent Cloud's console: the SMS service has to be on and " +
  "paid for";
const PHONE = "compare the contact with the person's phone number";
const CLOCK = "set this server's clock: it is more than five minutes off";

export const CODES = codeTable(
  refusing("sms_tencent", {
    recipient: PHONE,
    rate_limited:
      "try again later, or raise the limits of messages to one number in Tencent Cloud's " +
      "SMS console",
    settings: KEY,
    address: "add this server's address to those that Tencent Cloud lets in",
    unavailable: "check that this server can reach Tencent Cloud",
    unusable: "check url in server.toml; a proxy may answer in Tencent Cloud's place",
    rejected: "look the code up in Tencent Cloud's list of error codes of its SMS service",
  }),
  {
    "AuthFailure.SignatureExpire": ["settings", CLOCK],
    "AuthFailure.UnauthorizedOperation": [
      "settings",
      "give the key's user the right to SendSms in Tencent Cloud's CAM console",
    ],
    AuthFailure: ["settings", KEY],
    "FailedOperation.ContainSensitiveWord": ["settings", TEMPLATE],
    "FailedOperation.InsufficientBalanceInSmsPackage": ["settings", ACCOUNT],
    "FailedOperation.PhoneNumberInBlacklist": [
      "recipient",
      "the number takes no such messages: let the person ask the carrier, or use another channel",
    ],
    "FailedOperation.PhoneNumberParseFail": ["recipient", PHONE],
    "FailedOperation.SignatureIncorrectOrUnapproved": ["settings", SIGN],
    "FailedOperation.TemplateIdNotExist": ["settings", TEMPLATE],
    "FailedOperation.TemplateIncorrectOrUnapproved": ["settings", TEMPLATE],
    "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": ["settings", VARIABLES],
    "FailedOperation.TemplateUnapprovedOrNotExist": ["settings", TEMPLATE],
    InternalError: "unavailable",
    "InternalError.RequestTimeException": ["settings", CLOCK],
    "InternalError.SigVerificationFail": ["settings", KEY],
    "InvalidParameter.AppidAndBizId": ["settings", APP],
    "InvalidParameter.DirtyWordFound": ["settings", TEMPLATE],
    "InvalidParameterValue.ContentLengthLimit": ["settings", TEMPLATE],
    "InvalidParameterValue.IncorrectPhoneNumber": ["recipient", PHONE],
    "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": ["settings", VARIABLES],
    "InvalidParameterValue.SdkAppIdNotExist": ["settings", APP],
    "InvalidParameterValue.SignNameLengthTooLong": ["settings", SIGN],
    "InvalidParameterValue.TemplateParameterFormatError": [
      "settings",
      'set pin_variables = ["code"]: a template for codes takes digits alone',
    ],
    "InvalidParameterValue.TemplateParameterLengthLimit": [
      "settings",
      "get the account verified as an enterprise's: others may have 12 characters in a variable",
    ],
    IpInBlacklist: "address",
    IpNotInWhitelist: "address",
    LimitExceeded: "rate_limited",
    "LimitExceeded.AppCountryOrRegionInBlacklist": [
      "settings",
      "allow the number's country in Tencent Cloud's SMS console",
    ],
    "LimitExceeded.PhoneNumberCountLimit": "rejected",
    "MissingParameter.EmptyPhoneNumberSet": "rejected",
    RequestLimitExceeded: "rate_limited",
    ServiceUnavailable: "unavailable",
    "UnauthorizedOperation.RequestIpNotInWhitelist": "address",
    "UnauthorizedOperation.RequestPermissionDeny": ["settings", KEY],
    "UnauthorizedOperation.SdkAppIdIsDisabled": ["settings", APP],
    "UnauthorizedOperation.ServiceSuspendDueToArrears": ["settings", ACCOUNT],
    "UnauthorizedOperation.SmsSdkAppIdVerifyFail": ["settings", APP],
    UnauthorizedOperation: ["settings", KEY],
    "UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone": ["settings", TEMPLATE],
    "UnsupportedOperation.GlobalTemplateToChineseMainlandPhone": ["settings", TEMPLATE],
    "UnsupportedOperation.UnsupportedRegion": ["recipient", PHONE],
  },
  {
    // Calls in a second; other limits last for longer.
    retryMs: { RequestLimitExceeded: null, ServiceUnavailable: null },
    // Its own faults are also answers of carriers that did not come in time.
    mayArrive: ["InternalError"],
  },
);

export function refusalOf(code: string): Refusal {
  return CODES.refusal(code, `answers ${shownCode(code)}`);
}
