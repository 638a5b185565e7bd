/**
 * A cluster of separate processes on this machine, for trying things out and for tests that kill
 * them: {@code flotilla local up|add|status|kill|restart|forget|down}. A directory is the cluster:
 * configurations, data, logs, pid files and {@code local.json}, which describes the processes to
 * whoever wants to drive them.
 */
@NullMarked
package io.flotilla.deploy.local;

import org.jspecify.annotations.NullMarked;
