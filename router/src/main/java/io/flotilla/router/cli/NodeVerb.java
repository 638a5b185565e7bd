package io.flotilla.router.cli;

import picocli.CommandLine.Parameters;

/** A command about one node. */
abstract class NodeVerb extends AdminVerb {
  @Parameters(paramLabel = "NODE", description = "Its id, as in node list.")
  long node;
}
