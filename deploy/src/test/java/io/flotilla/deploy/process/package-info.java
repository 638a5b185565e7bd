/**
 * Tests of real processes: started by the launcher, killed with SIGKILL, checked by what clients
 * saw. They run in the integration-test phase, when the launcher has its jars. One has all of a
 * cluster in its own process, to reach what no client can.
 */
package io.flotilla.deploy.process;
