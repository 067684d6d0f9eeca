//! The table of releases: where each comes from, checked by SHA-256, and which JDK runs it.
//!
//! Each file is the engine's own release build, as its makers publish it for integration tests: the whole server with
//! few modules. The digests were computed from what the registry gave out; a file that differs is not used.

use super::{Artifact, Product, Release, Version};

/// Where complete servers of Elasticsearch 5 and later are published.
const ELASTICSEARCH: &str = "org.elasticsearch.distribution.integ-test-zip:elasticsearch";
/// The full download of its time; the only complete server of version 2.
const ELASTICSEARCH_FULL: &str = "org.elasticsearch.distribution.zip:elasticsearch";
/// Where complete servers of OpenSearch are published.
const OPENSEARCH: &str = "org.opensearch.distribution.integ-test-zip:opensearch";

/// Elasticsearch 1 to 6: the last JDK whose class loaders and bean names they still understand.
const JDK_11: &[u8] = &[11];
/// Elasticsearch 7, OpenSearch 1 and 2.
const JDK_17: &[u8] = &[17];
/// Elasticsearch 8. Not later: it wants the security manager, which JDK 24 took away.
const JDK_17_OR_21: &[u8] = &[17, 21];
/// Elasticsearch 9 and OpenSearch 3.
const JDK_25_OR_21: &[u8] = &[25, 21];

/// Every release there is a recipe for, by product and version.
pub(super) const RELEASES: &[Release] = &[
    elasticsearch(Version::new(1, 7, 6), "4.10.4", JDK_11, Artifact::Jars { jars: JARS_1_7_6 }),
    elasticsearch(
        Version::new(2, 4, 6),
        "5.5.4",
        JDK_11,
        zip(ELASTICSEARCH_FULL, "13473542568a1805c9daf0bd97a3910746cd1922d2b283578dbc3bcef605cbcb"),
    ),
    elasticsearch(
        Version::new(5, 6, 16),
        "6.6.1",
        JDK_11,
        zip(ELASTICSEARCH, "983eada4466d18259a69ebf7cf6a219431b5acc8dc8c1e8258ee8fcf466653c4"),
    ),
    elasticsearch(
        Version::new(6, 8, 23),
        "7.7.3",
        JDK_11,
        zip(ELASTICSEARCH, "d0499f7103d10c16c4cb575a796a509578053f21130979eda5745968f28b9928"),
    ),
    elasticsearch(
        Version::new(7, 6, 2),
        "8.4.0",
        JDK_17,
        zip(ELASTICSEARCH, "b02e86bb0753634b69f372fbf3eeb43b1fb971c29f28259ac9e9a5b201b6c651"),
    ),
    elasticsearch(
        Version::new(7, 8, 0),
        "8.5.1",
        JDK_17,
        zip(ELASTICSEARCH, "b3057b1637a14587a4c16862a36816973faf58fe41f36bc6931db53c255cc7ae"),
    ),
    elasticsearch(
        Version::new(7, 10, 2),
        "8.7.0",
        JDK_17,
        zip(ELASTICSEARCH, "38a4232a9b8506235c8a2b6a24cdf3732b2c2aa4b8026c89063e038a610c9f4c"),
    ),
    elasticsearch(
        Version::new(7, 12, 1),
        "8.8.0",
        JDK_17,
        zip(ELASTICSEARCH, "6d07a6190d82c757a70a968bfe61d946f5c10fceb105912cd47b343623c81b64"),
    ),
    elasticsearch(
        Version::new(7, 13, 4),
        "8.8.2",
        JDK_17,
        zip(ELASTICSEARCH, "1d93840fef504d01b5bb6a0c769edd987ccec2441c95d96e10bae492151899a0"),
    ),
    elasticsearch(
        Version::new(7, 14, 2),
        "8.9.0",
        JDK_17,
        zip(ELASTICSEARCH, "bb89a50ea155c2b313e14e2292e6f8907b93c53a0d887858aa180f5520fa4f0c"),
    ),
    elasticsearch(
        Version::new(7, 17, 29),
        "8.11.3",
        JDK_17,
        zip(ELASTICSEARCH, "841ee00be1a72ba8e707b5a2fb55f23fe7a4184369b4585393238b1c903eedaf"),
    ),
    elasticsearch(
        Version::new(8, 11, 3),
        "9.8.0",
        JDK_17_OR_21,
        zip(ELASTICSEARCH, "e721c6a12a5165c3731a08efd0f6d09ef63a1344aeefe0d9bd7523b5a9b723ab"),
    ),
    elasticsearch(
        Version::new(8, 15, 0),
        "9.11.1",
        JDK_17_OR_21,
        zip(ELASTICSEARCH, "c473366cf9e27bf6af9a9981a5e57dc206c04217439dbdf58df60e3683dff08b"),
    ),
    elasticsearch(
        Version::new(8, 17, 4),
        "9.12.0",
        JDK_17_OR_21,
        zip(ELASTICSEARCH, "faecb0304693e4c195bdb67110de196fbdfed36192facbe4aa9349d09d18d218"),
    ),
    elasticsearch(
        Version::new(8, 19, 21),
        "9.12.2",
        JDK_17_OR_21,
        zip(ELASTICSEARCH, "215d5f3dbf0609a149f6218a9e47b6ae2df34ebbff3c5754e35f15a5e5393c8a"),
    ),
    elasticsearch(
        Version::new(9, 2, 0),
        "10.3.1",
        JDK_25_OR_21,
        zip(ELASTICSEARCH, "bf44938a0490ba2a303d39c9cb64b38963dd08c812ce93e10816e878585bcb6b"),
    ),
    elasticsearch(
        Version::new(9, 5, 3),
        "10.5.1",
        JDK_25_OR_21,
        zip(ELASTICSEARCH, "bec49f3b8d00e75c8d1cec85c35298635ec9fbd3ae80ef5aeb6bc05abdb3db2d"),
    ),
    opensearch(
        Version::new(1, 0, 0),
        "8.8.2",
        JDK_17,
        zip(OPENSEARCH, "9ebeaed3a5fc289e53c729fa6438a68e9632c20baa441ed6164568bd290361e4"),
    ),
    opensearch(
        Version::new(1, 2, 4),
        "8.10.1",
        JDK_17,
        zip(OPENSEARCH, "13ff5dd014fbf1eb339b6039c3a1eb5e338897c17ab43c145be16dabc03161ca"),
    ),
    opensearch(
        Version::new(1, 3, 20),
        "8.10.1",
        JDK_17,
        zip(OPENSEARCH, "031e0cdcd14c7a5b9907dff8050fff76c7c2892c7313ea83c4a0bfbaae9265e3"),
    ),
    opensearch(
        Version::new(2, 0, 0),
        "9.1.0",
        JDK_17,
        zip(OPENSEARCH, "3ad9593c8aba1c3e9ecf837eb6debf2f04c5c017085ee116c08b6765f9c3c30d"),
    ),
    opensearch(
        Version::new(2, 4, 1),
        "9.4.2",
        JDK_17,
        zip(OPENSEARCH, "0ac749c67523d94f45fcfd3991eea03b3a30de3b2fd990c6b1c2bda8a885c778"),
    ),
    opensearch(
        Version::new(2, 11, 1),
        "9.7.0",
        JDK_17,
        zip(OPENSEARCH, "8e259bd67c0d807fc521bff2bb4f446482bbf0da34311331e9d47374cba0d465"),
    ),
    opensearch(
        Version::new(2, 15, 0),
        "9.10.0",
        JDK_17,
        zip(OPENSEARCH, "b4f76579c92e78d954000d1a17e6d626c63f26c2e15358f93540b7fd16c05464"),
    ),
    opensearch(
        Version::new(2, 17, 1),
        "9.11.1",
        JDK_17,
        zip(OPENSEARCH, "3154ad7085e32c45344344f60465e428d958679b4a646d64a41a2cfdd6d6af7d"),
    ),
    opensearch(
        Version::new(2, 18, 0),
        "9.12.0",
        JDK_17,
        zip(OPENSEARCH, "f2c6be31052ff5ab2d98e95bdcb77b0dec923ba1742dfbb294b565410c4dee78"),
    ),
    opensearch(
        Version::new(2, 19, 6),
        "9.12.3",
        JDK_17,
        zip(OPENSEARCH, "71d6d8b1c637f3faecda0752b184b1cc526fc6eaad59ec1408c6327bb00b9293"),
    ),
    opensearch(
        Version::new(3, 0, 0),
        "10.1.0",
        JDK_25_OR_21,
        zip(OPENSEARCH, "6c118171bb941ecc195851fcc7f28c310913a2249d197ee77091a10b6ac6b885"),
    ),
    opensearch(
        Version::new(3, 1, 0),
        "10.2.1",
        JDK_25_OR_21,
        zip(OPENSEARCH, "2e45e5b7bf9ac27f196677683b236f80aaaf075b79a62db68ba9c8fa27449305"),
    ),
    opensearch(
        Version::new(3, 2, 0),
        "10.2.2",
        JDK_25_OR_21,
        zip(OPENSEARCH, "8c1fb97a5a6f74cac9a25199c0181caa09052e5f941b45f56ee028c32c9de17d"),
    ),
    opensearch(
        Version::new(3, 3, 2),
        "10.3.1",
        JDK_25_OR_21,
        zip(OPENSEARCH, "1f8b62b09ed873ddc20164da79cbb1709687b19d0b6234f6b2a69ccbdd7906e7"),
    ),
    opensearch(
        Version::new(3, 5, 0),
        "10.3.2",
        JDK_25_OR_21,
        zip(OPENSEARCH, "b676ad392c95a94d8d2bd8785b8b922c7811536daf6a9ec0c7277a34bd8a17a9"),
    ),
    opensearch(
        Version::new(3, 6, 0),
        "10.4.0",
        JDK_25_OR_21,
        zip(OPENSEARCH, "a91faa1dc1cadc78cb278b4f63847e19e1627a4e9de698e14e7efc14ee37b286"),
    ),
];

/// The server of Elasticsearch 1.7.6, its libraries, and the logging that it expects.
const JARS_1_7_6: &[(&str, &str)] = &[
    ("org.elasticsearch:elasticsearch:1.7.6", "42e910592ac332780558f9b8be84f27d54a90410c6bc4da9c31de0e04bac890c"),
    ("com.spatial4j:spatial4j:0.4.1", "c467b888bf475495a86a0f4491cb87f80f584e7646cafc7686489f81bce371bc"),
    ("log4j:log4j:1.2.17", "1d31696445697720527091754369082a6651bd49781b6005deb94e56753406f9"),
    (
        "org.apache.lucene:lucene-analyzers-common:4.10.4",
        "bbfcf8b6426b1adad6e2ffecad5fa019ef51d8a72ee73c8bcb7f90a4778915e1",
    ),
    ("org.apache.lucene:lucene-core:4.10.4", "5a63c75e2ef9c2707f6afb9900c726382b6de91a833281e86b46b4a308401a58"),
    ("org.apache.lucene:lucene-grouping:4.10.4", "727983382c2f1d173d57229132a553e64760295122cd2b90619c6dcd56fed1dc"),
    ("org.apache.lucene:lucene-highlighter:4.10.4", "dfdbdf2068429e74b8b4ca4cb82cc91112de5b42e99322962edb3c9df20b6c05"),
    ("org.apache.lucene:lucene-join:4.10.4", "9d5f62be57965c8669f781685913d718088e10dcb3669293781dc7825758c9af"),
    ("org.apache.lucene:lucene-memory:4.10.4", "83646d066a989ec1b8a1ea345e630b51730b2e8f0cb7eee9702b4f4034037a09"),
    ("org.apache.lucene:lucene-misc:4.10.4", "fabfca7b02b7f5a7a95e2001672a3f97aebb0eca48866609a220b7f16927fb18"),
    ("org.apache.lucene:lucene-queries:4.10.4", "b0194247146dd63d1a8a20ee8b4bd3191004d534e7a87c7645a9aeef357a06d1"),
    ("org.apache.lucene:lucene-queryparser:4.10.4", "febf32f7eece8567a82daf77566f5c2e2ffe67733e2df268f435da720418437b"),
    ("org.apache.lucene:lucene-sandbox:4.10.4", "59136c71c0d3aafb68a5079af4fbed398bc9bf7d7e0f97c5d944820fdbdbe665"),
    ("org.apache.lucene:lucene-spatial:4.10.4", "55a5721730d08671c94e80ffb4e1a50dbd2867ea2633aa734eab4166467518a4"),
    ("org.apache.lucene:lucene-suggest:4.10.4", "dcdee4deda22655cff356953e3fd2d997b3e7e068a98356d0bab181d2ef2dc32"),
    ("org.yaml:snakeyaml:1.12", "0699c809d1644b6a8209e700763bf59497df3e63756bb22f52e331e2c7e750a8"),
];

/// Elasticsearch whose guard over what plugins may do names modules that only whole JDKs have.
const GUARDED: [Version; 2] = [Version::new(8, 19, 21), Version::new(9, 5, 3)];

/// See [`Release::jdk_modules`].
pub(super) fn jdk_modules(product: Product, version: Version) -> &'static [&'static str] {
    match product {
        Product::Elasticsearch if GUARDED.contains(&version) => &["jdk.net", "jdk.jlink", "jdk.jdi"],
        Product::Elasticsearch if version.major >= 8 => &["jdk.net"],
        Product::Elasticsearch | Product::OpenSearch => &[],
    }
}

const fn zip(coordinates: &'static str, sha256: &'static str) -> Artifact {
    Artifact::Zip { coordinates, sha256 }
}

const fn elasticsearch(version: Version, lucene: &'static str, jdks: &'static [u8], artifact: Artifact) -> Release {
    Release { product: Product::Elasticsearch, version, lucene, artifact, jdks }
}

const fn opensearch(version: Version, lucene: &'static str, jdks: &'static [u8], artifact: Artifact) -> Release {
    Release { product: Product::OpenSearch, version, lucene, artifact, jdks }
}
