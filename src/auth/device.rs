//! What a client says of its device at login: kept, never a reason to refuse.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Map, Value};

use crate::model::{Device, DeviceHash, DeviceId, Dice, ObjectId, Platform, Timestamp};

/// The fields that SDKs send, beside `deviceId`. Others are dropped.
const FIELDS: [&str; 13] = [
    "appId",
    "appVersion",
    "bundleId",
    "coreVersion",
    "cpuArch",
    "deviceName",
    "deviceVersion",
    "frameworkName",
    "frameworkVersion",
    "platform",
    "platformVersion",
    "sdk",
    "sdkVersion",
];

/// The longest value that is kept, in characters.
const LONGEST: usize = 256;

/// The device of a login body's `options.device`: none when there was no such object. A well-formed id that is not
/// all zeros is kept, so that a device stays itself; any other becomes a new one.
pub(super) fn read(
    body: &Map<String, Value>,
    dice: &dyn Dice,
    now: Timestamp,
) -> (Option<DeviceId>, Option<Device>) {
    let Some(device) = said(body) else { return (None, None) };
    let id = device.get("deviceId").and_then(object_id).filter(|id| *id != ObjectId::ZERO);
    (Some(DeviceId(id.unwrap_or_else(|| dice.object_id(now)))), details(device))
}

/// What the device of a login body says of itself.
pub(super) fn details_of(body: &Map<String, Value>) -> Option<Device> {
    details(said(body)?)
}

/// The platform of the device of a login body.
pub(super) fn platform(body: &Map<String, Value>) -> Platform {
    Platform::said(said(body).and_then(|device| device.get("platform")).and_then(Value::as_str))
}

fn said(body: &Map<String, Value>) -> Option<&Map<String, Value>> {
    body.get("options").and_then(|options| options.get("device")).and_then(Value::as_object)
}

/// An ObjectId in extended JSON, `{"$oid": "…"}`, or as a plain string.
fn object_id(value: &Value) -> Option<ObjectId> {
    value.get("$oid").unwrap_or(value).as_str()?.parse().ok()
}

fn details(device: &Map<String, Value>) -> Option<Device> {
    let mut kept = Map::new();
    for field in FIELDS {
        if let Some(text) = device.get(field).and_then(Value::as_str).filter(|t| !t.is_empty()) {
            // PostgreSQL refuses U+0000, so no engine gets one.
            let text: String = text.chars().filter(|c| *c != '\0').take(LONGEST).collect();
            kept.insert(field.to_owned(), Value::String(text));
        }
    }
    if kept.is_empty() {
        return None;
    }
    let details = Value::Object(kept).to_string();
    let mut hash = [0; 16];
    hash.copy_from_slice(digest(&SHA256, details.as_bytes()).as_ref().get(..16)?);
    Some(Device { hash: DeviceHash(hash), details })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoDice;
    impl Dice for NoDice {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
        fn object_id(&self, now: Timestamp) -> ObjectId {
            ObjectId::from_parts(now, [7; 5], 1)
        }
    }

    fn device(body: &Value) -> (Option<DeviceId>, Option<Device>) {
        read(body.as_object().unwrap(), &NoDice, Timestamp(0x6000_0000))
    }

    #[test]
    fn a_login_without_device_information_has_no_device() {
        for body in ["{}", r#"{"options":null}"#, r#"{"options":{"device":"phone"}}"#, r#"{"options":[]}"#] {
            assert_eq!(device(&serde_json::from_str(body).unwrap()), (None, None), "{body}");
        }
    }

    #[test]
    fn a_known_device_id_is_kept_in_either_notation() {
        let id: DeviceId = "636a9db3bdeec4a0374030d8".parse().unwrap();
        for body in [
            r#"{"options":{"device":{"deviceId":{"$oid":"636a9db3bdeec4a0374030d8"}}}}"#,
            r#"{"options":{"device":{"deviceId":"636a9db3bdeec4a0374030d8"}}}"#,
        ] {
            assert_eq!(device(&serde_json::from_str(body).unwrap()), (Some(id), None));
        }
    }

    #[test]
    fn an_absent_zero_or_broken_device_id_becomes_a_new_one() {
        for id in ["null", r#""000000000000000000000000""#, r#""x""#, "7", r#"{"$oid":[]}"#] {
            let body = format!(r#"{{"options":{{"device":{{"deviceId":{id}}}}}}}"#);
            let (made, _) = device(&serde_json::from_str(&body).unwrap());
            assert_eq!(made.unwrap().to_string(), "600000000707070707000001", "{id}");
        }
    }

    #[test]
    fn details_are_the_known_fields_cut_to_size() {
        let long = "é".repeat(300);
        let body = serde_json::json!({"options": {"device": {
            "platform": "node\0", "sdkVersion": "2.0.1", "appVersion": "", "secret": "x", "cpuArch": 7, "appId": long,
        }}});
        let details = device(&body).1.unwrap().details;
        let kept = "é".repeat(256);
        assert_eq!(details, format!(r#"{{"appId":"{kept}","platform":"node","sdkVersion":"2.0.1"}}"#));
    }
}
