//! The principal time zone of every country of ISO 3166-1, and of the regions (ISO 3166-2, without the country's code) of the six countries
//! that span the most clocks. Source: `zone.tab` and `iso3166.tab` of the IANA tables; where a country or region has several zones, that
//! of most people. Two countries have no row there because nobody lives there: Bouvet Island and Heard Island.

/// The principal zone of a country, in either case; a region that is not known, with or without the country's code before it, gives its
/// country's.
pub fn principal_zone(country: &str, region: Option<&str>) -> Option<&'static str> {
    let of_region = region.and_then(|region| {
        let region = match region.split_once('-') {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(country) => rest,
            _ => region,
        };
        let (_, zones) = REGIONS.iter().find(|(code, _)| code.eq_ignore_ascii_case(country))?;
        let known = |codes: &str| codes.split(' ').any(|code| code.eq_ignore_ascii_case(region));
        zones.iter().find(|(codes, _)| known(codes)).map(|(_, zone)| *zone)
    });
    of_region.or_else(|| {
        let row = COUNTRIES.iter().find(|row| row[..2].eq_ignore_ascii_case(country))?;
        Some(&row[3..])
    })
}

/// Codes of regions, and their zone.
pub type Regions = &'static [(&'static str, &'static str)];
/// By country.
#[rustfmt::skip]
pub const REGIONS: [(&str, Regions); 6] = [
    ("US", &[
        ("CT DC DE FL GA KY MA MD ME NC NH NJ NY OH PA RI SC VA VT WV", "America/New_York"),
        ("MI", "America/Detroit"),
        ("IN", "America/Indiana/Indianapolis"),
        ("AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI", "America/Chicago"),
        ("CO MT NM UT WY", "America/Denver"),
        ("ID", "America/Boise"),
        ("AZ", "America/Phoenix"),
        ("CA NV OR WA", "America/Los_Angeles"),
        ("AK", "America/Anchorage"),
        ("HI", "Pacific/Honolulu"),
        ("PR", "America/Puerto_Rico"),
        ("VI", "America/St_Thomas"),
        ("GU", "Pacific/Guam"),
        ("MP", "Pacific/Saipan"),
        ("AS", "Pacific/Pago_Pago"),
    ]),
    ("CA", &[
        ("NL", "America/St_Johns"),
        ("NS PE", "America/Halifax"),
        ("NB", "America/Moncton"),
        ("ON QC", "America/Toronto"),
        ("MB", "America/Winnipeg"),
        ("SK", "America/Regina"),
        ("AB NT", "America/Edmonton"),
        ("BC", "America/Vancouver"),
        ("YT", "America/Whitehorse"),
        ("NU", "America/Iqaluit"),
    ]),
    ("AU", &[
        ("NSW ACT", "Australia/Sydney"),
        ("VIC", "Australia/Melbourne"),
        ("QLD", "Australia/Brisbane"),
        ("SA", "Australia/Adelaide"),
        ("NT", "Australia/Darwin"),
        ("WA", "Australia/Perth"),
        ("TAS", "Australia/Hobart"),
    ]),
    ("BR", &[
        ("AC", "America/Rio_Branco"),
        ("AM", "America/Manaus"),
        ("RR", "America/Boa_Vista"),
        ("RO", "America/Porto_Velho"),
        ("MT", "America/Cuiaba"),
        ("MS", "America/Campo_Grande"),
        ("PA AP", "America/Belem"),
        ("TO", "America/Araguaina"),
        ("CE MA PB PI RN", "America/Fortaleza"),
        ("PE", "America/Recife"),
        ("AL SE", "America/Maceio"),
        ("BA", "America/Bahia"),
        ("DF ES GO MG PR RJ RS SC SP", "America/Sao_Paulo"),
    ]),
    ("MX", &[
        ("BCN", "America/Tijuana"),
        ("BCS NAY SIN", "America/Mazatlan"),
        ("SON", "America/Hermosillo"),
        ("CHH", "America/Chihuahua"),
        ("ROO", "America/Cancun"),
        ("CAM YUC", "America/Merida"),
        ("COA DUR NLE TAM", "America/Monterrey"),
    ]),
    ("RU", &[
        ("KGD", "Europe/Kaliningrad"),
        ("KIR", "Europe/Kirov"),
        ("VGG", "Europe/Volgograd"),
        ("AST", "Europe/Astrakhan"),
        ("SAR", "Europe/Saratov"),
        ("ULY", "Europe/Ulyanovsk"),
        ("SAM UD", "Europe/Samara"),
        ("BA CHE KGN KHM ORE PER SVE TYU YAN", "Asia/Yekaterinburg"),
        ("OMS", "Asia/Omsk"),
        ("NVS", "Asia/Novosibirsk"),
        ("TOM", "Asia/Tomsk"),
        ("AL ALT", "Asia/Barnaul"),
        ("KEM", "Asia/Novokuznetsk"),
        ("KK KYA TY", "Asia/Krasnoyarsk"),
        ("BU IRK", "Asia/Irkutsk"),
        ("ZAB", "Asia/Chita"),
        ("AMU SA", "Asia/Yakutsk"),
        ("KHA PRI YEV", "Asia/Vladivostok"),
        ("MAG", "Asia/Magadan"),
        ("SAK", "Asia/Sakhalin"),
        ("KAM", "Asia/Kamchatka"),
        ("CHU", "Asia/Anadyr"),
    ]),
];

/// Code, space, zone.
#[rustfmt::skip]
pub const COUNTRIES: [&str; 249] = [
    "AD Europe/Andorra", "AE Asia/Dubai", "AF Asia/Kabul", "AG America/Antigua", "AI America/Anguilla", "AL Europe/Tirane",
    "AM Asia/Yerevan", "AO Africa/Luanda", "AQ Antarctica/McMurdo", "AR America/Argentina/Buenos_Aires", "AS Pacific/Pago_Pago",
    "AT Europe/Vienna", "AU Australia/Sydney", "AW America/Aruba", "AX Europe/Mariehamn", "AZ Asia/Baku", "BA Europe/Sarajevo",
    "BB America/Barbados", "BD Asia/Dhaka", "BE Europe/Brussels", "BF Africa/Ouagadougou", "BG Europe/Sofia", "BH Asia/Bahrain",
    "BI Africa/Bujumbura", "BJ Africa/Porto-Novo", "BL America/St_Barthelemy", "BM Atlantic/Bermuda", "BN Asia/Brunei",
    "BO America/La_Paz", "BQ America/Kralendijk", "BR America/Sao_Paulo", "BS America/Nassau", "BT Asia/Thimphu", "BV Europe/Oslo", "BW Africa/Gaborone",
    "BY Europe/Minsk", "BZ America/Belize", "CA America/Toronto", "CC Indian/Cocos", "CD Africa/Kinshasa", "CF Africa/Bangui",
    "CG Africa/Brazzaville", "CH Europe/Zurich", "CI Africa/Abidjan", "CK Pacific/Rarotonga", "CL America/Santiago", "CM Africa/Douala",
    "CN Asia/Shanghai", "CO America/Bogota", "CR America/Costa_Rica", "CU America/Havana", "CV Atlantic/Cape_Verde", "CW America/Curacao",
    "CX Indian/Christmas", "CY Asia/Nicosia", "CZ Europe/Prague", "DE Europe/Berlin", "DJ Africa/Djibouti", "DK Europe/Copenhagen",
    "DM America/Dominica", "DO America/Santo_Domingo", "DZ Africa/Algiers", "EC America/Guayaquil", "EE Europe/Tallinn",
    "EG Africa/Cairo", "EH Africa/El_Aaiun", "ER Africa/Asmara", "ES Europe/Madrid", "ET Africa/Addis_Ababa", "FI Europe/Helsinki",
    "FJ Pacific/Fiji", "FK Atlantic/Stanley", "FM Pacific/Pohnpei", "FO Atlantic/Faroe", "FR Europe/Paris", "GA Africa/Libreville",
    "GB Europe/London", "GD America/Grenada", "GE Asia/Tbilisi", "GF America/Cayenne", "GG Europe/Guernsey", "GH Africa/Accra",
    "GI Europe/Gibraltar", "GL America/Nuuk", "GM Africa/Banjul", "GN Africa/Conakry", "GP America/Guadeloupe", "GQ Africa/Malabo",
    "GR Europe/Athens", "GS Atlantic/South_Georgia", "GT America/Guatemala", "GU Pacific/Guam", "GW Africa/Bissau", "GY America/Guyana",
    "HK Asia/Hong_Kong", "HM Indian/Kerguelen", "HN America/Tegucigalpa", "HR Europe/Zagreb", "HT America/Port-au-Prince", "HU Europe/Budapest",
    "ID Asia/Jakarta", "IE Europe/Dublin", "IL Asia/Jerusalem", "IM Europe/Isle_of_Man", "IN Asia/Kolkata", "IO Indian/Chagos",
    "IQ Asia/Baghdad", "IR Asia/Tehran", "IS Atlantic/Reykjavik", "IT Europe/Rome", "JE Europe/Jersey", "JM America/Jamaica",
    "JO Asia/Amman", "JP Asia/Tokyo", "KE Africa/Nairobi", "KG Asia/Bishkek", "KH Asia/Phnom_Penh", "KI Pacific/Tarawa",
    "KM Indian/Comoro", "KN America/St_Kitts", "KP Asia/Pyongyang", "KR Asia/Seoul", "KW Asia/Kuwait", "KY America/Cayman",
    "KZ Asia/Almaty", "LA Asia/Vientiane", "LB Asia/Beirut", "LC America/St_Lucia", "LI Europe/Vaduz", "LK Asia/Colombo",
    "LR Africa/Monrovia", "LS Africa/Maseru", "LT Europe/Vilnius", "LU Europe/Luxembourg", "LV Europe/Riga", "LY Africa/Tripoli",
    "MA Africa/Casablanca", "MC Europe/Monaco", "MD Europe/Chisinau", "ME Europe/Podgorica", "MF America/Marigot",
    "MG Indian/Antananarivo", "MH Pacific/Majuro", "MK Europe/Skopje", "ML Africa/Bamako", "MM Asia/Yangon", "MN Asia/Ulaanbaatar",
    "MO Asia/Macau", "MP Pacific/Saipan", "MQ America/Martinique", "MR Africa/Nouakchott", "MS America/Montserrat", "MT Europe/Malta",
    "MU Indian/Mauritius", "MV Indian/Maldives", "MW Africa/Blantyre", "MX America/Mexico_City", "MY Asia/Kuala_Lumpur",
    "MZ Africa/Maputo", "NA Africa/Windhoek", "NC Pacific/Noumea", "NE Africa/Niamey", "NF Pacific/Norfolk", "NG Africa/Lagos",
    "NI America/Managua", "NL Europe/Amsterdam", "NO Europe/Oslo", "NP Asia/Kathmandu", "NR Pacific/Nauru", "NU Pacific/Niue",
    "NZ Pacific/Auckland", "OM Asia/Muscat", "PA America/Panama", "PE America/Lima", "PF Pacific/Tahiti", "PG Pacific/Port_Moresby",
    "PH Asia/Manila", "PK Asia/Karachi", "PL Europe/Warsaw", "PM America/Miquelon", "PN Pacific/Pitcairn", "PR America/Puerto_Rico",
    "PS Asia/Gaza", "PT Europe/Lisbon", "PW Pacific/Palau", "PY America/Asuncion", "QA Asia/Qatar", "RE Indian/Reunion",
    "RO Europe/Bucharest", "RS Europe/Belgrade", "RU Europe/Moscow", "RW Africa/Kigali", "SA Asia/Riyadh", "SB Pacific/Guadalcanal",
    "SC Indian/Mahe", "SD Africa/Khartoum", "SE Europe/Stockholm", "SG Asia/Singapore", "SH Atlantic/St_Helena", "SI Europe/Ljubljana",
    "SJ Arctic/Longyearbyen", "SK Europe/Bratislava", "SL Africa/Freetown", "SM Europe/San_Marino", "SN Africa/Dakar",
    "SO Africa/Mogadishu", "SR America/Paramaribo", "SS Africa/Juba", "ST Africa/Sao_Tome", "SV America/El_Salvador",
    "SX America/Lower_Princes", "SY Asia/Damascus", "SZ Africa/Mbabane", "TC America/Grand_Turk", "TD Africa/Ndjamena",
    "TF Indian/Kerguelen", "TG Africa/Lome", "TH Asia/Bangkok", "TJ Asia/Dushanbe", "TK Pacific/Fakaofo", "TL Asia/Dili",
    "TM Asia/Ashgabat", "TN Africa/Tunis", "TO Pacific/Tongatapu", "TR Europe/Istanbul", "TT America/Port_of_Spain",
    "TV Pacific/Funafuti", "TW Asia/Taipei", "TZ Africa/Dar_es_Salaam", "UA Europe/Kyiv", "UG Africa/Kampala", "UM Pacific/Wake",
    "US America/New_York", "UY America/Montevideo", "UZ Asia/Tashkent", "VA Europe/Vatican", "VC America/St_Vincent",
    "VE America/Caracas", "VG America/Tortola", "VI America/St_Thomas", "VN Asia/Ho_Chi_Minh", "VU Pacific/Efate", "WF Pacific/Wallis",
    "WS Pacific/Apia", "YE Asia/Aden", "YT Indian/Mayotte", "ZA Africa/Johannesburg", "ZM Africa/Lusaka", "ZW Africa/Harare",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::Zones;

    #[test]
    fn every_country_and_region_has_a_zone_that_is_bundled() {
        let zones = Zones::bundled("UTC");
        let regions = REGIONS.iter().flat_map(|(_, zones)| zones.iter().map(|(_, zone)| *zone));
        for zone in COUNTRIES.iter().map(|row| &row[3..]).chain(regions) {
            assert!(zones.number(zone).is_some(), "{zone}");
        }
        let codes: Vec<&str> = COUNTRIES.iter().map(|row| &row[..2]).collect();
        assert!(codes.is_sorted_by(|one, other| one < other), "each once, in order");
    }

    #[test]
    fn a_region_refines_its_country() {
        for (country, region, zone) in [
            ("us", Some("US-CA"), Some("America/Los_Angeles")),
            ("US", Some("ca"), Some("America/Los_Angeles")),
            ("US", Some("DE-CA"), Some("America/New_York")),
            ("US", Some("??"), Some("America/New_York")),
            ("RU", Some("SA"), Some("Asia/Yakutsk")),
            ("KE", None, Some("Africa/Nairobi")),
            ("XX", None, None),
        ] {
            assert_eq!(principal_zone(country, region), zone, "{country} {region:?}");
        }
    }
}
