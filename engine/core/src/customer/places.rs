//! The principal time zone of every country of ISO 3166-1, and of the regions (ISO 3166-2, without the country's code) of the six countries
//! that span the most clocks. Source: `zone.tab` and `iso3166.tab` of the IANA tables; where a country or region has several zones, that
//! of most people. Two countries have no row there because nobody lives there: Bouvet Island and Heard Island.

/// The principal zone of a country, by its alpha-2 or alpha-3 code in either case; a region that is not known, with or without the country's
/// alpha-2 code before it, gives its country's. Blanks around them do not matter.
pub fn principal_zone(country: &str, region: Option<&str>) -> Option<&'static str> {
    let country = alpha_2(country.trim());
    let of_region = region.and_then(|region| {
        let region = match region.trim().split_once('-') {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(country) => rest,
            _ => region.trim(),
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

/// `DE` of `DEU`; what is no alpha-3 code stays.
fn alpha_2(country: &str) -> &str {
    let row = ALPHA_3.iter().find(|row| row[..3].eq_ignore_ascii_case(country));
    row.map_or(country, |row| &row[4..])
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

/// The alpha-3 code of every country, and its alpha-2 code. Source: ISO 3166-1 as the package iso-codes has it.
#[rustfmt::skip]
pub const ALPHA_3: [&str; 249] = [
    "ABW AW", "AFG AF", "AGO AO", "AIA AI", "ALA AX", "ALB AL", "AND AD", "ARE AE", "ARG AR", "ARM AM", "ASM AS", "ATA AQ",
    "ATF TF", "ATG AG", "AUS AU", "AUT AT", "AZE AZ", "BDI BI", "BEL BE", "BEN BJ", "BES BQ", "BFA BF", "BGD BD", "BGR BG",
    "BHR BH", "BHS BS", "BIH BA", "BLM BL", "BLR BY", "BLZ BZ", "BMU BM", "BOL BO", "BRA BR", "BRB BB", "BRN BN", "BTN BT",
    "BVT BV", "BWA BW", "CAF CF", "CAN CA", "CCK CC", "CHE CH", "CHL CL", "CHN CN", "CIV CI", "CMR CM", "COD CD", "COG CG",
    "COK CK", "COL CO", "COM KM", "CPV CV", "CRI CR", "CUB CU", "CUW CW", "CXR CX", "CYM KY", "CYP CY", "CZE CZ", "DEU DE",
    "DJI DJ", "DMA DM", "DNK DK", "DOM DO", "DZA DZ", "ECU EC", "EGY EG", "ERI ER", "ESH EH", "ESP ES", "EST EE", "ETH ET",
    "FIN FI", "FJI FJ", "FLK FK", "FRA FR", "FRO FO", "FSM FM", "GAB GA", "GBR GB", "GEO GE", "GGY GG", "GHA GH", "GIB GI",
    "GIN GN", "GLP GP", "GMB GM", "GNB GW", "GNQ GQ", "GRC GR", "GRD GD", "GRL GL", "GTM GT", "GUF GF", "GUM GU", "GUY GY",
    "HKG HK", "HMD HM", "HND HN", "HRV HR", "HTI HT", "HUN HU", "IDN ID", "IMN IM", "IND IN", "IOT IO", "IRL IE", "IRN IR",
    "IRQ IQ", "ISL IS", "ISR IL", "ITA IT", "JAM JM", "JEY JE", "JOR JO", "JPN JP", "KAZ KZ", "KEN KE", "KGZ KG", "KHM KH",
    "KIR KI", "KNA KN", "KOR KR", "KWT KW", "LAO LA", "LBN LB", "LBR LR", "LBY LY", "LCA LC", "LIE LI", "LKA LK", "LSO LS",
    "LTU LT", "LUX LU", "LVA LV", "MAC MO", "MAF MF", "MAR MA", "MCO MC", "MDA MD", "MDG MG", "MDV MV", "MEX MX", "MHL MH",
    "MKD MK", "MLI ML", "MLT MT", "MMR MM", "MNE ME", "MNG MN", "MNP MP", "MOZ MZ", "MRT MR", "MSR MS", "MTQ MQ", "MUS MU",
    "MWI MW", "MYS MY", "MYT YT", "NAM NA", "NCL NC", "NER NE", "NFK NF", "NGA NG", "NIC NI", "NIU NU", "NLD NL", "NOR NO",
    "NPL NP", "NRU NR", "NZL NZ", "OMN OM", "PAK PK", "PAN PA", "PCN PN", "PER PE", "PHL PH", "PLW PW", "PNG PG", "POL PL",
    "PRI PR", "PRK KP", "PRT PT", "PRY PY", "PSE PS", "PYF PF", "QAT QA", "REU RE", "ROU RO", "RUS RU", "RWA RW", "SAU SA",
    "SDN SD", "SEN SN", "SGP SG", "SGS GS", "SHN SH", "SJM SJ", "SLB SB", "SLE SL", "SLV SV", "SMR SM", "SOM SO", "SPM PM",
    "SRB RS", "SSD SS", "STP ST", "SUR SR", "SVK SK", "SVN SI", "SWE SE", "SWZ SZ", "SXM SX", "SYC SC", "SYR SY", "TCA TC",
    "TCD TD", "TGO TG", "THA TH", "TJK TJ", "TKL TK", "TKM TM", "TLS TL", "TON TO", "TTO TT", "TUN TN", "TUR TR", "TUV TV",
    "TWN TW", "TZA TZ", "UGA UG", "UKR UA", "UMI UM", "URY UY", "USA US", "UZB UZ", "VAT VA", "VCT VC", "VEN VE", "VGB VG",
    "VIR VI", "VNM VN", "VUT VU", "WLF WF", "WSM WS", "YEM YE", "ZAF ZA", "ZMB ZM", "ZWE ZW",
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

    /// Each country has one code of each kind.
    #[test]
    fn every_country_has_its_alpha_3_code() {
        let long: Vec<&str> = ALPHA_3.iter().map(|row| &row[..3]).collect();
        assert!(long.is_sorted_by(|one, other| one < other), "each once, in order");
        let mut short: Vec<&str> = ALPHA_3.iter().map(|row| &row[4..]).collect();
        short.sort_unstable();
        let countries: Vec<&str> = COUNTRIES.iter().map(|row| &row[..2]).collect();
        assert_eq!((short, ALPHA_3.len()), (countries, 249));
        for row in ALPHA_3 {
            assert_eq!(principal_zone(&row[..3], None), principal_zone(&row[4..], None), "{row}");
        }
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
            ("DEU", None, Some("Europe/Berlin")),
            (" usa\t", Some(" us-ca "), Some("America/Los_Angeles")),
            ("USA", Some("CA"), Some("America/Los_Angeles")),
            ("US A", None, None),
            ("", None, None),
            ("XX", None, None),
            ("XXX", None, None),
        ] {
            assert_eq!(principal_zone(country, region), zone, "{country} {region:?}");
        }
    }
}
