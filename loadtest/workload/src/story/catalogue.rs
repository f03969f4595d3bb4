//! What the shop sells: sixty products in ten categories, one of which is expensive.

use serde::Serialize;

/// A product of the story's shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// `p01` to `p60`.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its category's name.
    pub category: &'static str,
    /// Price in cents of a US dollar.
    pub cents: u32,
}

macro_rules! catalogue {
    ($($category:literal: $($id:literal $name:literal $cents:literal),+;)+) => {
        &[$($(Product { id: $id, name: $name, category: $category, cents: $cents }),+),+]
    };
}

/// All products, by category.
pub const CATALOGUE: &[Product] = catalogue! {
    "shoes": "p01" "Canvas Sneakers" 5_900, "p02" "Trail Running Shoes" 12_900, "p03" "Leather Boots" 18_900,
        "p04" "Wool Slippers" 3_900, "p05" "Summer Sandals" 4_500, "p06" "Rain Boots" 6_900;
    "clothing": "p07" "Organic Cotton T-Shirt" 2_500, "p08" "Merino Sweater" 8_900, "p09" "Denim Jacket" 9_900,
        "p10" "Linen Shirt" 5_500, "p11" "Down Vest" 11_900, "p12" "Wool Socks, Three Pairs" 1_900;
    "bags": "p13" "Canvas Tote" 2_900, "p14" "City Backpack" 7_900, "p15" "Weekender" 14_900,
        "p16" "Leather Wallet" 4_900, "p17" "Laptop Sleeve" 3_500, "p18" "Hip Pack" 3_200;
    "kitchen": "p19" "Cast-Iron Skillet" 4_900, "p20" "Chef's Knife" 8_500, "p21" "Pour-Over Coffee Set" 5_900,
        "p22" "Stoneware Bowls, Set of Four" 4_400, "p23" "Oak Cutting Board" 3_900, "p24" "Espresso Machine" 64_900;
    "home": "p25" "Linen Bedding" 15_900, "p26" "Wool Throw" 7_900, "p27" "Soy Candle" 2_200,
        "p28" "Ceramic Vase" 3_800, "p29" "Reading Lamp" 8_900, "p30" "Jute Rug" 12_900;
    "outdoor": "p31" "Two-Person Tent" 24_900, "p32" "Sleeping Bag" 13_900, "p33" "Insulated Bottle" 2_900,
        "p34" "Camping Stove" 6_900, "p35" "Head Torch" 3_900, "p36" "Trekking Poles" 7_400;
    "audio": "p37" "Wireless Earbuds" 9_900, "p38" "Studio Headphones" 22_900, "p39" "Portable Speaker" 7_900,
        "p40" "Turntable" 29_900, "p41" "Vinyl Care Kit" 2_400, "p42" "Desk Radio" 11_900;
    "beauty": "p43" "Vitamin C Serum" 3_400, "p44" "Shampoo Bar" 1_200, "p45" "Hand Cream" 1_400,
        "p46" "Bamboo Brush Set" 1_800, "p47" "Clay Mask" 2_100, "p48" "Travel Kit" 3_900;
    "pantry": "p49" "Single-Origin Coffee, 1 kg" 2_900, "p50" "Green Tea, 250 g" 1_600, "p51" "Olive Oil, 1 l" 2_400,
        "p52" "Dark Chocolate, Ten Bars" 2_800, "p53" "Granola, Six Packs" 3_300, "p54" "Wildflower Honey" 1_300;
    "cycling": "p55" "Gravel Bike" 129_900, "p56" "Bike Helmet" 8_900, "p57" "Bike Lights" 4_500,
        "p58" "Pannier Bag" 9_500, "p59" "Floor Pump" 4_900, "p60" "Cargo Bike" 289_900;
};

/// A product as events show it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Shown {
    id: &'static str,
    name: &'static str,
    category: &'static str,
    price: f64,
    currency: &'static str,
    url: String,
    image: String,
}

impl Product {
    /// Its page in the shop, on a domain that cannot exist.
    pub fn url(&self) -> String {
        format!("https://shop.example.test/products/{}", self.id)
    }

    /// A placeholder picture as a data URI: a coloured square with the category's first letter.
    pub fn image(&self) -> String {
        let hue = self.category.bytes().map(u32::from).sum::<u32>() * 37 % 360;
        let letter = self.category[..1].to_uppercase();
        format!(
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'%3E%3Cpath fill='hsl({hue} 45%25 80%25)' \
             d='M0 0h9v9H0z'/%3E%3Ctext x='3' y='6'  font-size='5'%3E{letter}%3C/text%3E%3C/svg%3E"
        )
    }

    /// For how many days one piece of it is enough, if it is used up.
    pub fn supply_days(&self) -> Option<u32> {
        matches!(self.category, "pantry" | "beauty").then_some(30)
    }

    pub(super) fn shown(&self) -> Shown {
        Shown {
            id: self.id,
            name: self.name,
            category: self.category,
            price: dollars(u64::from(self.cents)),
            currency: "USD",
            url: self.url(),
            image: self.image(),
        }
    }
}

/// Cents as dollars; exact to the cent when written.
pub(super) fn dollars(cents: u64) -> f64 {
    cents as f64 / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_products_are_numbered_without_a_gap() {
        assert_eq!(CATALOGUE.len(), 60);
        for (place, product) in CATALOGUE.iter().enumerate() {
            assert_eq!(product.id, format!("p{:02}", place + 1));
        }
    }
}
