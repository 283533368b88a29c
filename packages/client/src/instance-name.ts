/**
 * The name of an instance that was given none: `<host name>:<port>`. The host name is what platforms keep across
 * restarts: the pod's name on Kubernetes, the container's on Docker, the machine's elsewhere. A host that calls itself
 * `localhost`, or nothing, goes by its address instead.
 */
export function defaultInstanceName(input: {
  readonly hostName: string;
  readonly addressHost: string;
  readonly port: number;
}): string {
  const { hostName, addressHost, port } = input;
  const isNameless = hostName === '' || /^localhost(\.|$)/i.test(hostName);
  return `${isNameless ? addressHost : hostName}:${port}`;
}
