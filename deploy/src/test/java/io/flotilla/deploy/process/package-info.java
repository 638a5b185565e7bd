/**
 * Tests of real processes: started by the launcher, killed with SIGKILL, checked by what clients
 * saw. They run in the integration-test phase, when the launcher has its jars.
 */
package io.flotilla.deploy.process;
