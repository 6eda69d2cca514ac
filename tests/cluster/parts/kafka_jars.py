"""Puts the jars of Apache Kafka into the folder that is given: `python kafka_jars.py FOLDER`."""

import shutil
import sys
from pathlib import Path

import jgo

folder = Path(sys.argv[1])
folder.mkdir(parents=True)
built = jgo.build("org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36", cache_dir=Path("/tmp/jgo"))
for jar in built.all_jars:
    shutil.copy(jar, folder)
shutil.rmtree("/tmp/jgo")
