//! What is generated is legal, and worth the name.

use crate::random::{self, Rng};
use crate::resolve;
use crate::schema::Schema;

use super::{attempt, reader};

#[test]
fn a_schema_read_as_itself_changes_nothing() {
    for seed in 0..300 {
        let rng = &mut Rng::new(seed);
        let schema = Schema::parse(&random::schema(rng)).unwrap();
        resolve::check(&schema, &schema).unwrap();
        for _ in 0..5 {
            let value = random::value(&schema, rng);
            let resolved = resolve::value(&schema, &schema, &value);
            assert_eq!(resolved, Ok(value), "seed {seed}");
        }
    }
}

#[test]
fn later_schemas_are_legal_and_values_survive() {
    let (mut legal, mut changed, mut survived) = (0, 0, 0);
    for seed in 0..300 {
        let rng = &mut Rng::new(seed);
        let text = random::schema(rng);
        let writer = Schema::parse(&text).unwrap();
        let first = Schema::parse(&attempt(&text, &mut rng.clone())).unwrap();
        match resolve::check(&writer, &first) {
            Ok(()) => legal += 1,
            Err(error) => eprintln!("seed {seed}: {error}"),
        }

        let reader = Schema::parse(&reader(&text, rng)).unwrap();
        resolve::check(&writer, &reader).unwrap();
        changed += usize::from(writer != reader);
        for _ in 0..10 {
            let value = random::value(&writer, rng);
            survived += usize::from(resolve::value(&writer, &reader, &value).is_ok());
        }
    }
    assert!(legal > 295, "{legal} of 300 first attempts are legal");
    assert!(changed > 295, "{changed} of 300 schemas are changed");
    assert!(survived > 2_000, "{survived} of 3,000 values survive");
}
