export type SystemPart = { commands: string[]; packages: string[]; use: string }
export const systemParts: SystemPart[]
export function missingPackages(
  machine: { onPath(command: string): boolean; isInstalled(name: string): boolean },
  parts?: SystemPart[],
): { packages: string[]; use: string }[]
export function debianPackages(names: string[]): Set<string>
