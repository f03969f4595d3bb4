//! How many digits an amount has behind the point, by its currency: ISO 4217 list one (the currencies and funds in force), as SIX publishes it and
//! <https://github.com/datasets/currency-codes> mirrors it, in force on 2026-02-01. List three (withdrawn codes) is not in it.

/// Digits behind the point, and the codes that have so many.
const MINOR_UNITS: [(u32, &str); 4] = [
    (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
    (
        2,
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU \
         CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES \
         KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR \
         NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP \
         TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG",
    ),
    (3, "BHD IQD JOD KWD LYD OMR TND"),
    (4, "CLF UYW"),
];

/// The digits behind the point of an amount in this currency, in either case. None where there is no answer: the list names no minor unit (gold `XAU`,
/// testing `XTS` and eleven others), or does not know the code. Nobody may assume two then.
pub(crate) fn minor_digits(code: &str) -> Option<u32> {
    let code = code.to_ascii_uppercase();
    let row = MINOR_UNITS.iter().find(|(_, codes)| codes.split(' ').any(|known| known == code));
    row.map(|(digits, _)| *digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        let codes: Vec<&str> = MINOR_UNITS.iter().flat_map(|(_, codes)| codes.split(' ')).collect();
        let once: std::collections::BTreeSet<_> = codes.iter().collect();
        // 178 codes in force, of which 13 have no minor unit.
        assert_eq!((codes.len(), once.len()), (165, 165));
        assert!(
            codes.iter().all(|code| {
                code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())
            })
        );
        for (_, codes) in MINOR_UNITS {
            assert!(codes.split(' ').is_sorted(), "{codes}");
        }
    }

    #[test]
    fn digits_are_those_of_the_list() {
        for (code, digits) in [
            ("USD", Some(2)),
            ("eur", Some(2)),
            ("JPY", Some(0)),
            ("KWD", Some(3)),
            ("IQD", Some(3)),
            ("CLF", Some(4)),
            ("UYW", Some(4)),
            ("XCG", Some(2)),
            // no minor unit; withdrawn; none at all
            ("XAU", None),
            ("XTS", None),
            ("DEM", None),
            ("BTC", None),
            ("", None),
            ("USD EUR", None),
            ("US", None),
        ] {
            assert_eq!(minor_digits(code), digits, "{code}");
        }
    }
}
