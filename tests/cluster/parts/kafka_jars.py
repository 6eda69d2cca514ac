"""Puts the jars of Apache Kafka into the folder that is given: `python kafka_jars.py FOLDER`."""

import os
import shutil
import sys
from pathlib import Path

import jgo

# jgo's client reads a bundle of certificates of its own: behind a proxy that signs, the image's are the right ones.
if bundle := os.environ.get("SSL_CERT_FILE"):
    os.environ.setdefault("REQUESTS_CA_BUNDLE", bundle)
folder = Path(sys.argv[1])
folder.mkdir(parents=True)
built = jgo.build("org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36", cache_dir=Path("/tmp/jgo"))
for jar in built.all_jars:
    shutil.copy(jar, folder)
shutil.rmtree("/tmp/jgo")
