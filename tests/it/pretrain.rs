//! `prescale pretrain` from recorded loads to a prior that `evaluate` hears.

use std::{fs, path::Path};

use crate::support::home::Home;

/// Nine days of a daily wave in steps of half an hour, some of them missing.
fn trace(path: &Path, height: f64) {
    let rows = (0..48 * 9).filter(|i| i % 53 != 7).map(|i| {
        let (day, minute) = (1 + i / 48, 30 * (i % 48));
        let wave = 100.0 + height * (std::f64::consts::TAU * f64::from(i % 48) / 48.0).sin();
        format!("2026-03-{day:02}T{:02}:{:02}:00Z,{:.1}", minute / 60, minute % 60, wave + f64::from(i % 7))
    });
    let rows: Vec<String> = rows.collect();
    fs::write(path, format!("timestamp,requests\n{}\n", rows.join("\n"))).expect("the folder is ours");
}

#[test]
fn a_prior_is_trained_from_traces_and_evaluated() {
    let home = Home::new("");
    let traces = home.path().join("traces");
    fs::create_dir(&traces).expect("the folder is ours");
    trace(&traces.join("shop.csv"), 60.0);
    trace(&traces.join("bank.csv"), 20.0);
    fs::write(traces.join("index.csv"), "file,source,licence\nshop.csv,a till,MIT\nbank.csv,a counter,CC0\n")
        .expect("the folder is ours");
    let train = |out: &str, more: &[&str]| {
        let (traces, out) = (traces.display().to_string(), home.path().join(out).display().to_string());
        let mut words = vec!["pretrain", "--traces", &traces, "--out", &out, "--steps", "2", "--batch", "16"];
        words.extend(["--hidden", "4", "--blocks", "1"]);
        words.extend(more);
        home.command(&words).output().expect("the binary was built for this test")
    };
    let trained = train("one", &["--holdout", "bank"]);
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
    assert!(String::from_utf8_lossy(&trained.stderr).contains("step 2 of 2: loss "));
    assert!(train("two", &["--holdout", "bank", "--threads", "2"]).status.success());
    let file = |folder: &str, name: &str| fs::read(home.path().join(folder).join(name)).expect("was written");
    for name in ["prior.f16", "manifest.json"] {
        assert_eq!(file("one", name), file("two", name), "the same on one thread and on two");
    }
    let manifest = String::from_utf8_lossy(&file("one", "manifest.json")).into_owned();
    for said in ["\"licence\": \"MIT\"", "\"source\": \"a till\"", "\"bank\"", "\"source\": \"a counter\""] {
        assert!(manifest.contains(said), "{said} is not in {manifest}");
    }
    assert!(!home.path().join("one.training").exists(), "nothing is left of the training");

    let again = train("one", &[]);
    assert_eq!(again.status.code(), Some(2), "never written over");
    let unknown = train("three", &["--holdout", "cinema"]);
    assert!(
        String::from_utf8_lossy(&unknown.stderr).contains("no folder of --traces has a load named cinema")
    );

    let shop = traces.join("shop.csv").display().to_string();
    let evaluate = |more: &[&str]| {
        let words = [&["evaluate", "--trace", shop.as_str()], more].concat();
        let out = home.command(&words).output().expect("the binary was built for this test");
        (out.status.code(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
    };
    let prior = home.path().join("one").display().to_string();
    let (code, said) = evaluate(&["--prior", &prior]);
    assert!(code == Some(0) && said.contains("prior alone"), "{said}");
    let (code, said) = evaluate(&["--prior", "none"]);
    assert!(code == Some(0) && said.contains("experts alone") && !said.contains("prior alone"), "{said}");
    let (code, said) = evaluate(&[]);
    assert!(code == Some(0) && said.contains("prior alone"), "{said}");
    assert_eq!(evaluate(&["--prior", "shipped"]), (code, said), "the one that ships is heard by default");
    fs::write(home.path().join("one/prior.f16"), b"damaged").expect("the folder is ours");
    let (code, said) = evaluate(&["--prior", &prior]);
    assert!(code == Some(2) && said.contains("the checksum differs"), "{said}");
}
