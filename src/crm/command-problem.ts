/** What was asked on the command line cannot be done, in words for whoever typed it. */
export class CommandProblem extends Error {}
