"""One case 工单, from receipt to archive. One module per thing that can be done to it."""
