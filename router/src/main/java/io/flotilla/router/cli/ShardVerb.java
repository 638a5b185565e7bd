package io.flotilla.router.cli;

import picocli.CommandLine.Parameters;

/** A command about one shard. */
abstract class ShardVerb extends AdminVerb {
  @Parameters(paramLabel = "SHARD", description = "Its id, as shard list says.")
  long shard;
}
