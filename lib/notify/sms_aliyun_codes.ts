/**
 * What the codes of Aliyun's SMS service mean for us (help.aliyun.com/document_detail/101346.html), and those
 * that all of its services have (api.aliyun.com/document/Dysmsapi/2017-05-25/errorCode).
 */
import type { Refusal } from "./channel.ts";
import { codeTable, shownCode } from "./code_table.ts";
import { refusing } from "./refusal.ts";

const KEY = "compare access_key_id and access_key_secret in server.toml with the AccessKey in " +
  "Aliyun's RAM console";
const SIGN = "compare sign_name in server.toml with an approved signature of the same account in " +
  "Aliyun's SMS console, and see that it is registered with the carriers";
const TEMPLATE = "compare the templates in server.toml with approved ones of the same account in " +
  "Aliyun's SMS console";
const VARIABLES = "compare pin_variables, request_variables and alert_variables in server.toml " +
  "with the variables of the templates and their kinds; an address must be in the template itself";
const ACCOUNT =
  "look at the account in Aliyun's console: the SMS service has to be on and paid for";
const PHONE = "compare the contact with the person's phone number";
const RIGHTS = "give the AccessKey's user the right AliyunDysmsFullAccess in Aliyun's RAM console";
const TRIAL = "bind the number for tests in Aliyun's SMS console, or take a signature and a " +
  "template of your own";
const QUOTA = "raise the limit in Aliyun's SMS console, or wait until it ends";
const CLOCK = "set this server's clock: it is more than 15 minutes off";

export const CODES = codeTable(
  refusing("sms_aliyun", {
    recipient: PHONE,
    rate_limited: "try again later: only so many go to one number in a minute, an hour and a day",
    settings: KEY,
    address: "Aliyun sends to China only for servers there: use another channel, or proxy",
    unavailable: "check that this server can reach Aliyun",
    unusable: "check url in server.toml; a proxy may answer in Aliyun's place",
    rejected: "look the code up in Aliyun's list of error codes of its SMS service",
  }),
  {
    "isp.RAM_PERMISSION_DENY": ["settings", RIGHTS],
    "isp.SYSTEM_ERROR": "unavailable",
    "isp.UNKNOWN_ERROR": "unavailable",
    "isv.ACCOUNT_ABNORMAL": ["settings", ACCOUNT],
    "isv.ACCOUNT_NOT_EXISTS": ["settings", KEY],
    "isv.AMOUNT_NOT_ENOUGH": ["settings", ACCOUNT],
    "isv.BLACK_KEY_CONTROL_LIMIT": ["settings", VARIABLES],
    "isv.BUSINESS_LIMIT_CONTROL": "rate_limited", // to one number: 1 a minute, 5 an hour, 10 a day
    "isv.DAY_LIMIT_CONTROL": ["rate_limited", QUOTA],
    "isv.DENY_IP_RANGE": "address",
    "isv.DOMESTIC_NUMBER_NOT_SUPPORTED": ["settings", TEMPLATE],
    "isv.INVALID_JSON_PARAM": "rejected",
    "isv.INVALID_PARAMETERS": "rejected",
    "isv.MOBILE_COUNT_OVER_LIMIT": "rejected",
    "isv.MOBILE_NUMBER_ILLEGAL": ["recipient", PHONE],
    "isv.MONTH_LIMIT_CONTROL": ["rate_limited", QUOTA],
    "isv.OUT_OF_SERVICE": ["settings", ACCOUNT],
    "isv.PARAM_LENGTH_LIMIT": ["settings", VARIABLES],
    "isv.PARAM_NOT_SUPPORT_URL": ["settings", VARIABLES],
    "isv.PRODUCT_UNSUBSCRIBE": ["settings", ACCOUNT],
    "isv.PRODUCT_UN_SUBSCRIPT": ["settings", ACCOUNT],
    "isv.SIGN_STATE_ILLEGAL": ["settings", SIGN],
    "isv.SMS_CONTENT_ILLEGAL": ["settings", TEMPLATE],
    "isv.SMS_SIGNATURE_ILLEGAL": ["settings", SIGN],
    "isv.SMS_SIGNATURE_SCENE_ILLEGAL": ["settings", SIGN],
    "isv.SMS_SIGN_ILLEGAL": ["settings", SIGN],
    "isv.SMS_TEMPLATE_ILLEGAL": ["settings", TEMPLATE],
    "isv.SMS_TEST_NUMBER_LIMIT": ["recipient", TRIAL],
    "isv.TEMPLATE_MISSING_PARAMETERS": ["settings", VARIABLES],
    "isv.TEMPLATE_PARAMS_ILLEGAL": ["settings", VARIABLES],
    "Forbidden.AccessKeyDisabled": ["settings", KEY],
    "InvalidAccessKeyId.Inactive": ["settings", KEY],
    "InvalidAccessKeyId.NotFound": ["settings", KEY],
    "InvalidTimeStamp.Expired": ["settings", CLOCK],
    IncompleteSignature: ["settings", KEY],
    NoPermission: ["settings", RIGHTS],
    InternalError: "unavailable", // "has failed due to some unknown error"
    ServiceUnavailable: "unavailable",
    SignatureDoesNotMatch: ["settings", KEY],
    SignatureNonceUsed: "rejected",
    Throttling: "rate_limited", // of the user, of the API, …
  },
  {
    // These alone say that the same again may go well, soon.
    retryMs: { "isp.SYSTEM_ERROR": null, ServiceUnavailable: null, Throttling: null },
    mayArrive: ["InternalError"],
  },
);

export function refusalOf(code: string): Refusal {
  return CODES.refusal(code, `answers ${shownCode(code)}`);
}
